from receptivefield.keras import KerasReceptiveField

for name, p in zip(names, rf.compute(shape, 'input_1', names)):
    print("%22s %16s: %s" % (name, shapes[name], {"stride": p.rf.stride, "size": (p.rf.size.h, p.rf.size.w)}))

### EfficientNetB0 (224, 224, 3)
#stem_conv              (112, 112, 32): {'stride': (2.0, 2.0),   'size': (3, 3)}
#block1a_dwconv         (112, 112, 32): {'stride': (2.0, 2.0),   'size': (7, 7)}
#block1a_project_conv   (112, 112, 16): {'stride': (2.0, 2.0),   'size': (7, 7)}
#block2a_expand_conv    (112, 112, 96): {'stride': (2.0, 2.0),   'size': (7, 7)}
#block2a_dwconv         (56, 56, 96):   {'stride': (4.0, 4.0),   'size': (11, 11)}
#block2b_dwconv         (56, 56, 144):  {'stride': (4.0, 4.0),   'size': (19, 19)}
#block3a_dwconv         (28, 28, 144):  {'stride': (8.0, 8.0),   'size': (35, 35)}
#block3b_dwconv         (28, 28, 240):  {'stride': (8.0, 8.0),   'size': (67, 67)}
#block4a_dwconv         (14, 14, 240):  {'stride': (16.0, 16.0), 'size': (83, 83)}
#block4b_dwconv         (14, 14, 480):  {'stride': (16.0, 16.0), 'size': (115, 115)}
#block4c_dwconv         (14, 14, 480):  {'stride': (16.0, 16.0), 'size': (147, 147)}
#block5a_dwconv         (14, 14, 480):  {'stride': (16.0, 16.0), 'size': (211, 211)}
