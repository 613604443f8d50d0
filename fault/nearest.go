package fault

// longestName is how much of an unknown name Nearest looks at: known ones are shorter.
const longestName = 64

// Nearest finds the known name with the fewest edits, for a sentence that asks whether it
// was meant, and gives their number. Among equals it is the first; of none it is empty.
func Nearest(name string, known []string) (nearest string, edits int) {
	name = name[:min(len(name), longestName)]
	for i, k := range known {
		if d := editDistance(name, k); i == 0 || d < edits {
			nearest, edits = k, d
		}
	}
	return nearest, edits
}

// editDistance is Levenshtein's, in bytes, with one row of memory.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
