namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>Writes the anchors of all levels, the finest first, for a canvas of the given size (pixels). Done once for each session.</summary>
    void GenerateAnchors(ReadOnlySpan<AnchorLevel> levels, int canvasHeight, int canvasWidth, AnchorMap anchors);
}
