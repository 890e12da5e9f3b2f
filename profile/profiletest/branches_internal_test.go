package profiletest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTemplateBranches(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string // OFFSET: parts
	}{
		{"plain $x", nil},
		{"#if($a)b#end", []string{"0: [b] []"}},
		{"x#if( $a == ')' )b#elseif($c)d#{else}e#{end}y", []string{"1: [b] [d] [e]"}},
		{"#if($a)#if($b)c#end#else#{if}($d)e#end#end", []string{"0: [#if($b)c#end] [#{if}($d)e#end]", "7: [c] []", "24: [e] []"}},
		{"#foreach($x in $l)#if($x)y#end#end", []string{"18: [y] []"}},
		{"## #if(\n#* #if( *##[[#if(]]#z", nil},
		{"#if($a)open", []string{"0:"}},
		{"#end#else", nil},
	} {
		var got []string
		for _, b := range templateBranches(tc.text) {
			line := string(rune('0'+b.offset/10)) + string(rune('0'+b.offset%10)) + ":"
			for _, p := range b.branches {
				line += " [" + tc.text[p.from:p.to] + "]"
			}
			got = append(got, strings.TrimPrefix(line, "0"))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tc.text, diff)
		}
	}
}

func FuzzTemplateBranches(f *testing.F) {
	f.Add("#if($a)#if($b)c#end#else#{if}($d)e#end#end ## x\n#foreach(#[[")
	f.Fuzz(func(t *testing.T, text string) {
		for _, b := range templateBranches(text) {
			for _, p := range b.branches {
				_ = text[p.from:p.to]
			}
		}
	})
}

func FuzzJSONEnd(f *testing.F) {
	f.Add([]byte(`{"a": [1, "x\"]", null], "b": "\u00e9\ud83d\ude00é"}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		for i := range src {
			if end := jsonEnd(src, i); end < i || end > len(src) {
				t.Fatalf("%q from %d ends at %d", src, i, end)
			}
		}
		var s string
		if len(src) > 0 && src[0] == '"' && json.Unmarshal(src, &s) == nil && !strings.ContainsRune(s, '\ufffd') {
			if got := len(stringOffsets(src, 0)); got != len(s)+1 {
				t.Fatalf("%q has %d offsets, want %d", src, got, len(s)+1)
			}
		}
	})
}

func TestMask(t *testing.T) {
	m := &masker{"key"}
	for text, want := range map[string]string{"": "", " -,. ": " -,. ", "000": "000"} {
		if got := m.text(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, text := range []string{"Ann Müller", "ann.müller@x.example", "001042", "山田 Παππάς"} {
		got := m.text(text)
		if got == text || len([]rune(got)) != len([]rune(text)) || got != m.text(text) {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	if a, b := m.text("Ann"), m.text("ann@x"); !strings.EqualFold(a+"@x", b) {
		t.Errorf("one name becomes %q and %q", a, b)
	}
	if (&masker{"other"}).text("Wójcik") == m.text("Wójcik") {
		t.Error("the key makes no difference")
	}
}
