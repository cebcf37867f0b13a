"""How fast, against whom. Run by `./dev bench`; results with dates are in docs/performance.md."""
