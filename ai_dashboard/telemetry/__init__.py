"""Facts in, figures out: rings, rates and rolling histograms. One thread writes; readers take copies."""
