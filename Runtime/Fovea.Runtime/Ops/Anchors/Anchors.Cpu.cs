using Fovea.CompilerServices;
using Fovea.Ops.Anchors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.GenerateAnchors"/>
    public void GenerateAnchors(ReadOnlySpan<AnchorLevel> levels, int canvasHeight, int canvasWidth, AnchorMap anchors) =>
        AnchorWriter.Write(levels, canvasHeight, canvasWidth, anchors, new Span<Box>(context.At(anchors.Offset), anchors.Count));
}
