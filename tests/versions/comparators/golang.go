// golang.org/x/mod/semver over pairs on standard input: -1, 0, 1, or x where it refuses one of them.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"comparator/semver"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		a, b, _ := strings.Cut(in.Text(), "\t")
		if !semver.IsValid(a) || !semver.IsValid(b) {
			fmt.Fprintln(out, "x")
			continue
		}
		fmt.Fprintln(out, semver.Compare(a, b))
	}
}
