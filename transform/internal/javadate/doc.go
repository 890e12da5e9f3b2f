// Package javadate reads and writes dates as the platform does: patterns behave like
// java.text.SimpleDateFormat (Locale.US, lenient, JDK 17), the expressions of the dateMath
// operation and the strict ISO 8601 form of dateMath and dateCompare like java.time.
//
// [Compile] makes a [Pattern]; [Pattern.Parse] and [Pattern.Append] convert between text
// and milliseconds since 1970-01-01 UTC. Numbers wrap around where Java's int and long do.
// Dates before 15 October 1582 are Julian, as in java.util.GregorianCalendar. [Named]
// knows the formats that the dateFormat operation refers to by name.
//
// [ParseISO], [CompileMath] and [Instant] serve dateMath and dateCompare.
//
// Compiled values are immutable and safe for concurrent use. Nothing here reads the clock
// or a time zone database: the moment "now" and the start of the hundred years in which
// two-digit years are placed are parameters, and the zone names that Java knows are a table.
package javadate
