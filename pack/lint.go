package pack

func lint(p *Pack) Faults { return nil }
