using Fovea;

namespace Company.Detector1;

/// <summary>The network, which the compiler writes from these attributes. `data --suggest` proposes others for your pictures.</summary>
#if (small)
[RetinaNet<ObjectClass>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [2, 2, 2, 2], BaseWidth = 32)]
[Pyramid(Channels = 96)]
[Head(Depth = 2)]
#else
[RetinaNet<ObjectClass>(Backbone.BACKBONE)]
#endif
[InputSize(CANVAS_WIDTH, CANVAS_HEIGHT)]
public partial class ObjectDetector;
