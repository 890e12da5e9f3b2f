package linkage

import "strings"

// nicknames are groups of given names that one person may bear; the first is the
// long form. A name may stand in several groups, as Lynn does.
const nicknames = `
abigail abby gail abbie nabby
abraham abe abram bram
adelaide addie della adela heidi
agnes aggie nessa inez
albert al bert bertie elbert
alexander alex alec sandy al lex xander sasha alexandre alejandro
alexandra alex sandra sandy lexie lexi sasha alix alexa
alfred al fred alf alfie freddie
alice allie elsie ally ali
allen al alan allan
alonzo lon al lonnie
amanda mandy manda
amelia amy millie emily mel
andrew andy drew andre andreas andrei
angela angie angel
ann anna anne annie nan nancy nanny hannah anita
anthony tony ant antonio anton antoine
archibald archie arch
arnold arnie arn
arthur art artie
augustus gus august augustine
barbara barb babs bobbie barbie
bartholomew bart bat
beatrice bea trixie bee
benjamin ben benny bennie benji
bernard bernie barney
bertha bertie berta
bradford brad ford
bradley brad
bridget biddy bridie
calvin cal vin
cameron cam ron
carl karl charles
caroline carolyn carol carrie lynn lynne cassie caddie
catherine katherine kathryn cathy kathy kate katie kitty kay kat karen trina kathleen cathleen cat katarina ekaterina
cecilia cissy celia cecily
charles charlie chuck chas chaz charley carlos
charlotte lottie char lotta charlie
christina christine chris tina chrissy christy kristina kristine kristin christiane
christopher chris kit kris topher christoph kristopher
clarence clare clair
clifford cliff
constance connie
cornelius con neil nelius
cynthia cindy cyndi
daniel dan danny
danielle dani ellie
david dave davy davey davie
deborah debbie deb debra debby
dennis denny
derek derrick rick
dominic dom nick
donald don donnie donny donn
donna dona
dorothy dot dottie dolly dora dodie
douglas doug
edgar ed eddie ned
edith edie
edmund ed eddie ned ted
edward ed eddie ned ted teddy eduard eduardo
edwin ed eddie ned win
eleanor ellie nell nora elaine lenora eleanora
elizabeth liz beth betty betsy eliza lizzie bess libby elsie lisa elise bessie lisbeth elspeth elisabeth isabel
ellen nell nellie helen
emily em emma millie
emanuel manny manuel emmanuel
ernest ernie
ester esther hester essie
eugene gene
evelyn eve evie lynn
ezekiel zeke
florence flo flossie
frances fran fannie francie frankie
francis frank fran franz francisco frankie
franklin frank frankie
frederick fred freddy freddie fritz fredrick friedrich frederic fredric
gabriel gabe gabby
gabrielle gabby gabi ella
geoffrey jeff geoff jeffrey jeffery
george georgie jorge georg
gerald gerry jerry
geraldine gerry dina jerry
gertrude trudy gertie
gilbert gil bert
gloria glory
grace gracie
gregory greg
gwendolyn gwen wendy
harold hal harry
harriet hattie
helen nell nellie lena ellen helena elena ella
henry harry hank hal hans henri enrique heinrich
herbert herb bert
howard howie
hubert hugh bert
ignatius iggy nacho ignacio
ira irene renee
isaac ike zak
isabella isabel bella izzy belle isabelle
jacob jake jay jacobus
jacqueline jackie jacqui
james jim jimmy jamie jem jaime jimmie
jane janie jean jennie janet jenny
janet jan jessie
jason jay
jennifer jen jenny jenn jennie
jeremiah jerry jem
jeremy jerry jem
jessica jess jessie
jill gillian jillian gill
joan joanna joanie joann joanne jo
john jack johnny jon johnnie jock juan ian ivan jean johann sean hans evan
jonathan jon john nathan jonny johnathan
joseph joe joey jos jose jo josef giuseppe
josephine jo josie fina
joshua josh
joyce joy
judith judy judi jude
julia julie jill
kenneth ken kenny
kimberly kim kimberley kimmy
lawrence larry laurie lars lorenzo laurence
leonard leo len lenny leon leonardo
leroy roy lee
leslie les lee
lillian lily lil lilly
linda lindy lynn lin
lorraine lorrie rainey lori
louis lou louie lewis luis ludwig
louise lou lulu eloise
lucille lucy lu cille
lucas luke luca
luther lu
madeline maddie maddy madeleine lena magdalena
margaret maggie meg peggy marge margie madge rita greta daisy marjorie peg margot gretchen megan margarita
maria mary marie mia mariah
marilyn mary lyn
mark marc marcus marco markus
martha marty mattie patsy
martin marty
marvin marv
mary molly polly may mamie mitzi mae minnie mimi mariah maria marie moll mollie maureen
matilda tilly mattie maud
matthew matt matty thias matthias
maurice morris moe
maxwell max
maximilian max
megan meg meggie
melanie mel
melissa lissa missy mel millie
melvin mel vin
michael mike mick mickey mitch mikey micky miguel michel mikhail
michelle shelly mickey shell michele
mildred millie milly
miranda mandy randy
mitchell mitch
mohammed mohamed muhammad mohammad mo muhammed mohamad
montgomery monty
nancy nan ann
natalie nat talia natasha
nathaniel nat nate nathan than
nathan nat nate
nicholas nick nicky claus nico klaus nicolas nikolai nikolaus nickolas
nicole nicki nikki nicky cole
norman norm
olivia liv livvy ollie
oliver ollie noll
oscar ozzie
oswald ozzie oz
pamela pam
patricia pat patty trish tricia patsy tish
patrick pat paddy rick
paul pablo pauly polly
pauline polly paula
penelope penny
perceval percy
peter pete pedro petr pieter piotr
philip phil pip phillip
priscilla cissy cilla prissy
prudence prue
rachel rae shelly
ralph rafe
randall randy randolph
raymond ray
rebecca becky becca reba beck
reginald reg reggie rex
richard rick dick rich ricky richie ritchie rik ricardo
robert bob rob bobby bert robbie robin roberto robby rupert
roberta bobbie bertie robbie
roderick rod rick roddy
rodney rod
roger rog hodge rodger
roland rollo rolly
ronald ron ronnie ronny
rosemary rose rosie mary
roxanne roxy rosie
rudolph rudy rolf
russell russ rusty
ruth ruthie
sabrina brina
samantha sam sammy mandy
samuel sam sammy
sandra sandy
sarah sally sadie sara sal
sebastian seb bastian
seymour sy
sharon sherry shari
shirley shirl
sidney sid syd sydney
simon si sim
sophia sophie sofia
spencer spence
stanley stan
stephanie steph stevie fanny
stephen steve steven stevie stephan stefan esteban
stuart stu stewart
susan sue susie suzanne susannah suzie sukie susanna
sylvester sly vester
sylvia sylvie
tabitha tabby
terence terry
teresa theresa terry tess tessie tracy therese
thaddeus thad tad
theodore ted teddy theo
thomas tom tommy thom tomas
timothy tim timmy
tobias toby
ulysses lys
valentina val
valentine val
valerie val
vanessa nessa essa
veronica ronnie vera ronni
victor vic viktor
victoria vicky vickie tori vic
vincent vin vinny vince vinnie
violet vi
virginia ginny ginger gina
vivian viv
wallace wally
walter walt wally walther
wesley wes
wilfred will fred wilf
wilhelmina mina billie wilma minnie
william will bill billy willie liam willy wilhelm bell guillermo guillaume
winifred winnie freda
winston win
woodrow woody
yvonne vonnie
zachary zach zack zak
`

// nicknameGroups returns the groups of each name.
func nicknameGroups() map[string][]uint16 {
	groups := map[string][]uint16{}
	for i, line := range strings.Split(strings.TrimSpace(nicknames), "\n") {
		for name := range strings.FieldsSeq(line) {
			groups[name] = append(groups[name], uint16(i))
		}
	}

	return groups
}

// shareGroup reports whether two sorted lists of groups have one in common.
func shareGroup(a, b []uint16) bool {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			return true
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}

	return false
}
