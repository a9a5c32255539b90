"""Two traces of `twinbench.record`, compared where no framework is."""
