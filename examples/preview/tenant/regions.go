package tenant

// region is where people live: how names, places and numbers look there.
type region struct {
	weight    int // share of people
	code      string
	countries [4]string // English name, own name, three letters, lower case
	cities    []name
	languages []string
	given     []name
	family    []name
	mobile    []string // # is a digit
	desk      []string
	latin     bool // names are in Latin letters
}

// name is a name as people write it and, where that is not in Latin letters, its
// transliteration.
type name struct{ own, latin string }

// plain makes names that are in Latin letters.
func plain(list ...string) []name {
	names := make([]name, len(list))
	for i, s := range list {
		names[i].own = s
	}
	return names
}

// pairs makes names of alternating own and Latin forms.
func pairs(list ...string) []name {
	names := make([]name, 0, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		names = append(names, name{list[i], list[i+1]})
	}
	return names
}

var regions = []region{
	{weight: 45, code: "US", countries: [4]string{"United States", "USA", "USA", "united states"}, latin: true,
		cities: plain("Denver", "New York", "Austin"), languages: []string{"English", "English (United States)", "ENG"},
		given: plain("Melissa", "Thomas", "Mary", "Kevin", "Amanda", "Susan", "George", "Michael", "Patricia", "Karen",
			"James", "Robert", "Laura"),
		family: plain("O'Neil", "Taylor", "Carter", "Martin", "McDonald", "Wilson", "Lewis", "Brown",
			"Anderson", "Smith",
			"Johnson", "Van-Buren", "Moore"),
		mobile: []string{"(512) 555-01##", "212.555.01##", "303-555-01##"}, desk: []string{"(212) 555-01##",
			"512 555 01## x###"}},
	{weight: 33, code: "DE", countries: [4]string{"Germany", "Deutschland", "DEU", "germany"}, latin: true,
		cities: plain("Berlin", "Köln", "München"), languages: []string{"German", "German (Germany)", "DEU"},
		given: plain("Jürgen", "Jörg", "Felix", "Katrin", "Anke", "Moritz", "Günther", "Heike", "Lukas", "Hannah",
			"Stefan"),
		family: plain("Weber", "Schröder", "Strauß", "Lehmann", "Wagner", "Richter", "Köhler", "Schmidt", "Schäfer",
			"Weiß", "Krüger"),
		mobile: []string{"0151 2#######", "0170/#######"}, desk: []string{"030 901820-##", "0049 89 2351####"}},
	{weight: 27, code: "GB", countries: [4]string{"United Kingdom", "UK", "GBR", "united kingdom"}, latin: true,
		cities: plain("London", "Cardiff", "Glasgow"), languages: []string{"English", "English (United Kingdom)",
			"ENG"},
		given: plain("Callum", "Oliver", "Alfie", "Jack", "Charlie", "Amelia", "Seán", "Sophie", "Siobhán", "Rhys"),
		family: plain("Fraser", "MacLeod", "Clarke", "Price", "Stewart", "Campbell", "Shaw", "Hughes",
			"Bennett", "Ward"),
		mobile: []string{"07400 ######", "+44 (0)7400 ######"}, desk: []string{"0141 496 0###"}},
	{weight: 15, code: "FR", countries: [4]string{"France", "France", "FRA", "france"}, latin: true,
		cities: plain("Paris", "Lyon"), languages: []string{"French", "FRA"},
		given:  plain("Hélène", "Zoé", "François", "Aurélie", "René", "Élodie", "Jérôme"),
		family: plain("Dubois", "Moreau", "Gagné", "Faure", "Fournier", "Lefèvre"),
		mobile: []string{"06 12 34 ## ##"}, desk: []string{"01 42 68 ## ##"}},
	{weight: 14, code: "PL", countries: [4]string{"Poland", "Polska", "POL", "poland"}, latin: true,
		cities: plain("Warszawa", "Łódź"), languages: []string{"Polish", "POL"},
		given:  plain("Piotr", "Ewa", "Grażyna", "Łukasz", "Marek", "Krzysztof", "Paweł", "Małgorzata"),
		family: plain("Wójcik", "Nowak", "Woźniak", "Wiśniewska", "Mazur", "Łuczak"),
		mobile: []string{"512 34# ###"}, desk: []string{"22 621 ## ##"}},
	{weight: 13, code: "ES", countries: [4]string{"Spain", "España", "ESP", "spain"}, latin: true,
		cities: plain("Sevilla", "Madrid"), languages: []string{"Spanish", "SPA"},
		given:  plain("Sofía", "Óscar", "Álvaro", "Raúl", "Tomás", "Martín"),
		family: plain("García", "Sánchez", "González", "López", "Rodríguez", "Núñez", "Martínez", "Pérez"),
		mobile: []string{"612 34 ## ##"}, desk: []string{"910 12 ## ##"}},
	{weight: 11, code: "GR", countries: [4]string{"Greece", "Ελλάδα", "GRC", "greece"},
		cities: pairs("Αθήνα", "Athens", "Θεσσαλονίκη", "Thessaloniki"), languages: []string{"Greek",
			"Greek (Greece)"},
		given: pairs("Γιώργος", "Giorgos", "Σοφία", "Sofia", "Άννα", "Anna", "Κώστας", "Kostas",
			"Νίκος", "Nikos", "Θανάσης", "Thanasis", "Ζωή", "Zoi"),
		family: pairs("Παπαδόπουλος", "Papadopoulos", "Βασιλείου", "Vasileiou", "Σταύρου",
			"Stavrou", "Νικολάου", "Nikolaou", "Γεωργίου", "Georgiou", "Μακρής", "Makris", "Αλεξίου", "Alexiou"),
		mobile: []string{"694 ### ####"}, desk: []string{"210 7## ####"}},
	{weight: 9, code: "BR", countries: [4]string{"Brazil", "Brasil", "BRA", "brazil"}, latin: true,
		cities: plain("São Paulo"), languages: []string{"Portuguese", "Portuguese (Brazil)"},
		given:  plain("Vinícius", "Larissa", "Antônio", "Juliana", "Luís"),
		family: plain("Almeida", "Araújo", "Simões", "Santos"),
		mobile: []string{"(11) 99###-####"}, desk: []string{"(11) 3###-####"}},
	{weight: 7, code: "CN", countries: [4]string{"China", "中国", "CHN", "china"},
		cities: pairs("上海", "Shanghai"), languages: []string{"Chinese"},
		given:  pairs("伟", "Wei", "娜", "Na", "芳", "Fang", "敏", "Min", "晓明", "Xiaoming"),
		family: pairs("王", "Wang", "张", "Zhang", "李", "Li", "刘", "Liu", "陈", "Chen", "黄", "Huang"),
		mobile: []string{"138 0### ####"}, desk: []string{"021 6### ####"}},
	{weight: 7, code: "JP", countries: [4]string{"Japan", "日本", "JPN", "japan"},
		cities: pairs("東京", "Tokyo", "大阪", "Osaka"), languages: []string{"Japanese", "JPN"},
		given: pairs("健", "Ken", "翔太", "Shota", "花子", "Hanako", "ケンジ", "Kenji", "美咲", "Misaki",
			"太郎", "Taro"),
		family: pairs("田中", "Tanaka", "高橋", "Takahashi", "鈴木", "Suzuki", "中村", "Nakamura", "佐藤", "Sato",
			"山田", "Yamada"),
		mobile: []string{"090-1###-####", "０９０－1###－####"}, desk: []string{"03-3###-####"}},
	{weight: 6, code: "UA", countries: [4]string{"Ukraine", "Україна", "UKR", "ukraine"},
		cities: pairs("Київ", "Kyiv", "Львів", "Lviv"), languages: []string{"Ukrainian"},
		given: pairs("Тарас", "Taras", "Оксана", "Oksana", "Наталія", "Nataliia", "Іван", "Ivan",
			"Сергій", "Serhii"),
		family: pairs("Бондаренко", "Bondarenko", "Шевченко", "Shevchenko", "Мельник", "Melnyk",
			"Коваленко", "Kovalenko", "Ткаченко", "Tkachenko"),
		mobile: []string{"050 ### ## ##"}, desk: []string{"044 3## ## ##"}},
	{weight: 5, code: "CZ", countries: [4]string{"Czechia", "Česko", "CZE", "czechia"}, latin: true,
		cities: plain("Praha", "Brno"), languages: []string{"Czech"},
		given:  plain("Kateřina", "Jiří", "Lukáš", "Zdeněk"),
		family: plain("Černý", "Novotný", "Kučera", "Procházka"),
		mobile: []string{"601 12# ###"}, desk: []string{"224 81# ###"}},
	{weight: 5, code: "TR", countries: [4]string{"Turkey", "Türkiye", "TUR", "turkey"}, latin: true,
		cities: plain("İstanbul"), languages: []string{"Turkish"},
		given:  plain("Şeyma", "Gülşen", "Çağla", "Işıl"),
		family: plain("Öztürk", "Yılmaz", "Kılıç", "Çelik"),
		mobile: []string{"0532 ### ## ##"}, desk: []string{"0212 ### ## ##"}},
	{weight: 5, code: "BG", countries: [4]string{"Bulgaria", "България", "BGR", "bulgaria"},
		cities: pairs("София", "Sofia"), languages: []string{"Bulgarian"},
		given: pairs("Николай", "Nikolay", "Йорданка", "Yordanka", "Стоян", "Stoyan", "Димитър",
			"Dimitar"),
		family: pairs("Петров", "Petrov", "Щерева", "Shtereva", "Димитров", "Dimitrov", "Иванов",
			"Ivanov"),
		mobile: []string{"087 ### ####"}, desk: []string{"02 9## ####"}},
	{weight: 4, code: "IN", countries: [4]string{"India", "भारत", "IND", "india"}, latin: true,
		cities: plain("Bengaluru"), languages: []string{"Hindi", "English (India)"},
		given:  plain("Kavita", "Meera", "Vikram", "Rohan", "Deepika", "Pooja"),
		family: plain("Desai", "Mehta", "Menon", "Joshi", "Nair", "Reddy"),
		mobile: []string{"098765 #####"}, desk: []string{"080 4### ####"}},
	{weight: 4, code: "SE", countries: [4]string{"Sweden", "Sverige", "SWE", "sweden"}, latin: true,
		cities: plain("Göteborg"), languages: []string{"Swedish"},
		given:  plain("Pär", "Håkan", "Åsa", "Björn"),
		family: plain("Söderberg", "Bergström", "Öberg", "Lindgren"),
		mobile: []string{"070-123 ## ##"}, desk: []string{"08-123 4## ##"}},
	{weight: 4, code: "SA", countries: [4]string{"Saudi Arabia", "المملكة العربية السعودية", "SAU",
		"saudi arabia"},
		cities: pairs("الرياض", "Riyadh"), languages: []string{"Arabic"},
		given: pairs("عبد الله", "Abdullah", "محمد", "Mohammed", "فاطمة", "Fatimah", "نورة", "Noura"),
		family: pairs("الشمري", "Alshammari", "العتيبي", "Alotaibi", "القحطاني", "Alqahtani",
			"الدوسري", "Aldosari"),
		mobile: []string{"050 ### ####"}, desk: []string{"011 4## ####"}},
	{weight: 3, code: "AE", countries: [4]string{"United Arab Emirates", "United Arab Emirates", "ARE",
		"united arab emirates"},
		cities: pairs("دبي", "Dubai"), languages: []string{"Arabic"},
		given:  pairs("أحمد", "Ahmed", "خالد", "Khalid", "مريم", "Mariam"),
		family: pairs("الكعبي", "Alkaabi", "المنصوري", "Almansoori", "الحمادي", "Alhammadi"),
		mobile: []string{"050 ### ####"}, desk: []string{"04 3## ####"}},
}

var (
	departments = []string{"100", "100", "100", "140", "140", "110", "110", "170", "120", "180", "150", "130", "160",
		"190"}
	noDepartments = []string{"999", "10", "Department"}
	titles        = []string{"Marketing Specialist", "Operations Mgr.", "Research Scientist", "Intern",
		"Systems Administrator", "sr  Software Engineer", "Sr. Software Engineer", "Legal Counsel", "Sales Mgr",
		"Software Engineer", "Account Executive", "Financial Analyst", "Product Manager", "Data Analyst",
		"HR Business Partner", "Support Agent", "Accountant"}
	costPrefixes = []string{"CC", "CC ", "cc-", "Cost Centre ", ""}
	costNumbers  = []string{"1200", "1310", "2200", "4100", "4150"}
	noPhones     = []string{"n/a", "see notes", "12345", "--", "+49", "000000", "0151 call after 5"}
	noCountries  = []string{"", "N/A", "Wakanda"}
	noLanguages  = []string{"xx", "Klingon"}
	remarks      = []string{"Says: \"call me Bob\", please\nuse it on the badge", "Works Mon, Tue, Thu",
		"Line one\nLine two\n\nLine four", "Moved from Cardiff in March.\nKeeps the old desk phone."}
	companies = []string{"Umbrella Temps", "Initech", "Vandelay", "Hooli People", "Globex Staffing", ""}
	trades    = []string{"Consultant", "Electrician", "Cleaner", "Tester", "Interim Mgr", "Data Entry Clerk",
		"Sr. Consultant"}
	groups = []string{"Printer 3. OG", "Sales EMEA", "Developers", "VPN Users", "Finance Readers"}
	zones  = []string{"HQ-1", "LAB", "HQ-2", "CANTEEN", "GARAGE", "DATA CENTRE"}
	robots = []string{"svc_backup", "svc_sql", "svc_scan", "frontdesk", "jobs", "adm-legacy"}
)
