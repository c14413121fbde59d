using System.Runtime.InteropServices;
using Fovea.Cuda;
using Fovea.Detection;
using Fovea.Ops.Anchors;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.GenerateAnchors"/>
    /// <remarks>Once for each session, so on the host: the anchors are those of the CPU to the bit.</remarks>
    public void GenerateAnchors(in AnchorLevel level, int canvasHeight, int canvasWidth, AnchorMap anchors)
    {
        if (level.PerCell != anchors.PerCell)
        {
            throw new ArgumentException(
                $"The level has {level.PerCell} anchors for each cell, the map {anchors.PerCell}.", nameof(anchors));
        }

        var boxes = new Box[anchors.Count];
        AnchorGenerator.Generate(level, anchors.Height, anchors.Width, canvasHeight, canvasWidth, boxes);
        Write(anchors.Offset, MemoryMarshal.Cast<Box, float>(boxes));
    }
}
