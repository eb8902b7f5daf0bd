package update

// WithStep has f told of each step of a place.
func (p Place) WithStep(f func(step string)) Place {
	p.at = f
	return p
}
