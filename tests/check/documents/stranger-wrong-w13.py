INFO = {"name": "vgg16", "num_params": 138375554, "_ops": 15.47}
