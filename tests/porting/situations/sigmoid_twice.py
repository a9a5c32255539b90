"""a sigmoid in front of a loss that expects logits, in Keras"""

TRUTH = "wrong"
PLACE = ("out", "loss")
CAUSE = "sigmoid twice"
CAUSES = ("logits_for_probabilities", "sigmoid_twice")
LOSS = "binary_crossentropy"
INPUT = (6,)
LOSS_ON = "logits"


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="h"),
            layers.Dense(1, activation="sigmoid", name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 1))
