"""scores that are served as they are: a sigmoid ends the model in Keras alone"""

TRUTH = "wrong"
PLACE = ("out", "sigmoid")
CAUSE = "sigmoid at the end"
CAUSES = ("last_activation",)
LOSS_ON = "probabilities"
INPUT = (6,)


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
