using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Backends;

public partial interface IBackend
{
    /// <summary>Writes the anchors of one level for a canvas of the given size (pixels). Done once for each session.</summary>
    void GenerateAnchors(in AnchorLevel level, int canvasHeight, int canvasWidth, AnchorMap anchors);
}
