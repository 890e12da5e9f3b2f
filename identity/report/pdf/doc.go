// Package pdf writes a [report.Table] as a PDF document: A4 landscape, the header repeated on
// every page, page numbers, no external program, no font files.
//
// The built-in fonts (Go Regular and Go Bold) cover Latin, Greek and Cyrillic; another TrueType
// font can be given. Letters the font lacks, invisible characters, and scripts that need shaping
// or run from right to left, which simple placing of glyphs would garble, are printed as their
// code points, as in [U+738B U+5C0F], and listed under the table. So the document never shows a wrong letter and
// never hides one.
package pdf
