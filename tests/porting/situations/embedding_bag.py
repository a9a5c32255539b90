"""the mean of the words' vectors in one layer of PyTorch"""

TRUTH = "right"
INPUT = (6,)
TOKENS = 10


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Embedding(TOKENS, 4, name="words"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.EmbeddingBag(TOKENS, 4, mode="mean"), nn.Linear(4, 2))
