using System.Runtime.InteropServices;
using Fovea.CompilerServices;
using Fovea.Ops.Anchors;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.GenerateAnchors"/>
    /// <remarks>Once for each session, so on the host.</remarks>
    public void GenerateAnchors(ReadOnlySpan<AnchorLevel> levels, int canvasHeight, int canvasWidth, AnchorMap anchors)
    {
        var boxes = new Box[anchors.Count];
        AnchorWriter.Write(levels, canvasHeight, canvasWidth, anchors, boxes);
        context.Write(anchors.Offset, MemoryMarshal.Cast<Box, float>(boxes));
    }
}
