using Fovea.Files;
using Fovea.Onnx.Export;
using Google.Protobuf;

namespace Fovea;

/// <summary>
/// Writes detectors as ONNX files of opset 17, which ONNX Runtime and other programs run. Weights keep their keys in a state dict as names, values
/// those of the layers that <see cref="ModelDescription.Layers"/> lists; the number of pictures is free. The same detector gives the same bytes.
/// </summary>
public static class OnnxExport
{
    /// <summary>Writes a file. One of that name is replaced when the new one is whole.</summary>
    /// <param name="detector">With its weights, which nothing changes meanwhile: a training step waits.</param>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="options">What is exported; null: the complete detector, bytes in.</param>
    /// <exception cref="OnnxExportException">
    /// The detector cannot be exported so (several canvases to choose from, more than 2 GB), or the file could not be written; the old one is
    /// unchanged.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Save(Detector detector, string path, OnnxExportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var model = ModelBuilder.Build(detector, options);
        try
        {
            AtomicFile.Write(path, model.WriteTo);
        }
        catch (IOException e)
        {
            throw new OnnxExportException(e);
        }
    }

    /// <summary>Writes the file's content to a stream.</summary>
    /// <param name="detector">With its weights, which nothing changes meanwhile: a training step waits.</param>
    /// <param name="destination">Takes everything from its position on; stays open.</param>
    /// <param name="options">What is exported; null: the complete detector, bytes in.</param>
    /// <exception cref="OnnxExportException">The detector cannot be exported so.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Save(Detector detector, Stream destination, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ModelBuilder.Build(detector, options).WriteTo(destination);
    }
}
