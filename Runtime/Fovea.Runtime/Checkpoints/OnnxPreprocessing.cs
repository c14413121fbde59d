using Fovea.Checkpoints;
using Fovea.Checkpoints.Onnx;

namespace Fovea;

/// <summary>Reads ONNX models that make a network's input of pixels, as packages of networks have them beside the network.</summary>
public static class OnnxPreprocessing
{
    /// <summary>
    /// What such a model does, for <see cref="LoadOptions.Pixels"/>: it exchanges channels, moves and scales them. Of a mean image it is the
    /// mean of each channel: a detector's canvas has no fixed place for an image.
    /// </summary>
    /// <param name="path">An ONNX model whose input is pixels from 0 to 255, red first, [N, 3, H, W], without a convolution.</param>
    /// <exception cref="CheckpointException">It cannot be read, or does something else.</exception>
    public static PixelNormalization Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var file = StateDictFile.Open(path) as OnnxModel
            ?? throw new CheckpointException(path, "expected an ONNX model, found a checkpoint of another kind.");
        var graph = new OnnxGraph(file);
        var last = file.Nodes.LastOrDefault(n => n.Outputs is [{ Length: > 0 }])
            ?? throw new CheckpointException(path, "graph: expected a node with one output, found none.");
        var map = PixelNodes.Read(graph, last.Outputs[0], PixelMap.Bytes);
        return PixelMap.ToNormalization(map) is { } pixels && PixelMap.Problem(pixels) is null
            ? pixels
            : throw new CheckpointException(path, "graph: expected three channels out, red or blue first, found others.");
    }
}
