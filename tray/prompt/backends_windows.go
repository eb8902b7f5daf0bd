package prompt

func backends() []Backend { return nil }
