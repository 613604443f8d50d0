package page

// Recoded is the first n pages of the TIFF, at most those it has, with their code made
// anew from their pixels. It is for documents that strangers sent: nothing of their
// files is handed on but what can be seen.
func (t *TIFF) Recoded(n int) Source { return recoded{t, min(n, t.Pages())} }

type recoded struct {
	*TIFF
	n int
}

func (r recoded) Pages() int { return r.n }

func (r recoded) Coded(i int) (Coded, error) {
	p, err := r.Page(i)
	if err != nil {
		return Coded{}, err
	}
	return p.Code(), nil
}
