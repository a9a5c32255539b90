"""the BERT of two layers, but one layer's GELU is the form with a tanh"""

import bert_of_two_layers as right

TRUTH = "wrong"
PLACE = ("up1", "layers.1.linear1", "layers.1.activation")
CAUSE = "the GELU of one layer in its form with tanh"
CAUSES = ("gelu_form",)
INPUT, TOKENS = right.INPUT, right.TOKENS


def keras_model():
    return right.keras_model()


def torch_model():
    from torch import nn

    net = right.torch_model()
    net.layers[1].activation = nn.GELU("tanh")
    return net
