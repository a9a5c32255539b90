"""as long as the other input: the text is asked by the image"""

TRUTH = "wrong"
PLACE = ("cross", "mha", "attention")
CAUSE = "query and key exchanged"
CAUSES = ("inputs_exchanged",)
INPUT = ((5, 8), (5, 8))


def keras_model():
    import keras
    from keras import layers

    text, image = keras.Input((5, 8)), keras.Input((5, 8))
    x = layers.MultiHeadAttention(2, 4, name="cross")(text, image)
    return keras.Model([text, image], layers.Dense(3, name="out")(x))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cross, self.out = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 3)

        def forward(self, text, image):
            return self.out(self.cross(image, text, text, need_weights=False)[0])

    return Net()
