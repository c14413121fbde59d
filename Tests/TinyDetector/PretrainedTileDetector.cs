using Fovea;

namespace Fovea.Tiny;

/// <summary>A small detector over a backbone that has published weights.</summary>
[RetinaNet<Tile>(Backbone.ResNet18MicrosoftML)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[Anchors(BaseSize = 2, Ratios = [1])]
[InputSize(64, 64)]
public partial class PretrainedTileDetector;
