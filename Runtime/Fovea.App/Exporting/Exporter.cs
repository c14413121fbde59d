using System.Globalization;
using Fovea.Onnx.Export;

namespace Fovea.App.Exporting;

/// <summary>Writes what <c>export</c> is asked for, and says what it wrote and how it is used.</summary>
internal static class Exporter
{
    /// <exception cref="IOException">The file could not be written.</exception>
    public static void Write(Detector detector, string file, ExportFormat format, OnnxExportOptions options)
    {
        switch (format)
        {
            case ExportFormat.Onnx:
                OnnxExport.Save(detector, file, options);
                break;
            case ExportFormat.Torch:
                detector.Save(file, WeightsFormat.Torch);
                break;
            default:
                detector.Save(file);
                break;
        }
    }

    /// <summary>Lines for a person.</summary>
    public static IEnumerable<string> Describe(Detector detector, string file, ExportFormat format, OnnxExportOptions options)
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(file).Length / 1e6:0.0} MB");
        yield return format == ExportFormat.Onnx ? $"wrote {file} ({size}, opset {ModelBuilder.Opset})" : $"wrote {file} ({size})";
        if (format == ExportFormat.Onnx)
        {
            foreach (var line in OnnxSignature.Of(detector.Description, options))
            {
                yield return line;
            }
        }
        else if (format == ExportFormat.Torch)
        {
            yield return $"  model.load_state_dict(torch.load(\"{file}\", weights_only=True))";
        }
    }
}
