export const vggModels = {
  vgg11: {
    title: "VGG11",
    facts: { layers: 11, parameters: "132.9 million", inputSize: "224 x 224", convLayers: 8, fcLayers: 3 },
    accuracy: { top1: "69.0%", top5: "88.6%" },
  },
  vgg13: {
    title: "VGG13",
    facts: { layers: 13, parameters: "133 million", inputSize: "224 x 224", convLayers: 10, fcLayers: 3 },
    accuracy: { top1: "69.9%", top5: "89.2%" },
  },
  vgg16: {
    title: "VGG16",
    facts: { layers: 16, parameters: "138 million", inputSize: "224 x 224", convLayers: 13, fcLayers: 3 },
    accuracy: { top1: "71.6%", top5: "90.4%" },
  },
  vgg19: {
    title: "VGG19",
    facts: { layers: 19, parameters: "144.7 million", inputSize: "224 x 224", convLayers: 16, fcLayers: 3 },
    accuracy: { top1: "72.4%", top5: "90.9%" },
  },
};
