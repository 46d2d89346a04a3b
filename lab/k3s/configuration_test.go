package main

import "testing"

func TestTheBoundingSetTellsOfSysResource(t *testing.T) {
	for status, wanted := range map[string]bool{
		"Name:\tk3s\nCapBnd:\t000001ffffffffff\n": true,
		"Name:\tk3s\nCapBnd:\t000001fffeffffff\n": false,
		"": false,
	} {
		if hasSysResource(status) != wanted {
			t.Errorf("%q: wanted %v", status, wanted)
		}
	}
}
