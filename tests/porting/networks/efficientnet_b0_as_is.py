"""both as they come: Keras scales and pads inside, and normalises with another epsilon"""

TRUTH = "wrong"
PLACE = ("rescaling", "normalization", "stem", "features")
CAUSE = "preprocessing inside the model, padding, epsilon of the normalisation"
INPUT = (64, 64, 3)


def keras_model():
    import keras

    return keras.applications.EfficientNetB0(
        weights=None, input_shape=INPUT, classes=10, classifier_activation=None
    )


def torch_model():
    import torchvision

    return torchvision.models.efficientnet_b0(num_classes=10)
