"""What is solved, in NumPy and SciPy: no framework is imported here. In the order to read it:

problem       the four problems, each a frozen record of every setting
regime        how a problem is run: independent switches, of which three sets have names
framework     which frameworks there are, by their manifests
install       what to type to get a package that is missing
data          where the arrays come from
splits        which rows: hold-out, folds, the order in which an epoch visits them
initial       weights to start from
metrics       losses and metrics, once
task          the interface: one problem in one framework, one method per rung of the ladder
clock         what `fit` measures
batches       batches of rows: dense ones, and ones of one shape for programs compiled for shapes
objective     what scores are held against: the shape of `objectives.py` in every framework
capabilities  what a Task may do beside its rungs, which a framework may leave out
replicas      several Tasks of one problem trained together
reference     the same networks and optimiser by hand: the oracle
trace         the ladder climbed and written down, and two climbs compared
weights       a file of them
atomic        files that are written whole or not at all
visible       text of others' making, with what would act on a terminal shown
language      English or Chinese, for a person at a terminal
say           one line on standard error
twins         a user's own two models: what is asked of each, and both as a problem to train
"""
