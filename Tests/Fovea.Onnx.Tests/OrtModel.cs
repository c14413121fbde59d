using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OrtSession = Microsoft.ML.OnnxRuntime.InferenceSession;

namespace Fovea.Tests.Onnx;

/// <summary>An exported detector in ONNX Runtime.</summary>
internal sealed class OrtModel : IDisposable
{
    private readonly OrtSession session;

    private OrtModel(byte[] content)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 2, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        session = new OrtSession(content, options);
    }

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => session.OutputMetadata;

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    public static OrtModel Of(Detector detector, OnnxExportOptions? options = null) => new(Bytes(detector, options));

    public static byte[] Bytes(Detector detector, OnnxExportOptions? options = null)
    {
        using var stream = new MemoryStream();
        OnnxExport.Save(detector, stream, options);
        return stream.ToArray();
    }

    public Dictionary<string, DenseTensor<float>> Run<T>(string input, T[] values, params int[] shape)
        where T : unmanaged
    {
        using var results = session.Run([NamedOnnxValue.CreateFromTensor(input, new DenseTensor<T>(values, shape))]);
        return results.ToDictionary(r => r.Name, r => ((DenseTensor<float>)r.AsTensor<float>().ToDenseTensor()));
    }

    /// <summary>The detections of each picture of a complete detector.</summary>
    public RawDetection[][] Detect<T>(T[] values, params int[] shape)
        where T : unmanaged
    {
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", new DenseTensor<T>(values, shape))]);
        var named = results.ToDictionary(r => r.Name, r => r);
        var boxes = named["boxes"].AsTensor<float>().ToDenseTensor();
        var scores = named["scores"].AsTensor<float>().ToDenseTensor();
        var labels = named["labels"].AsTensor<long>().ToDenseTensor();
        var counts = named["num_detections"].AsTensor<long>().ToDenseTensor();
        var places = scores.Dimensions[1];
        Assert.Equal([shape[0], places, 4], boxes.Dimensions.ToArray());
        Assert.Equal([shape[0], places], labels.Dimensions.ToArray());
        Assert.Equal([shape[0]], counts.Dimensions.ToArray());
        return [.. Enumerable.Range(0, shape[0]).Select(n =>
        {
            for (var i = (int)counts[n]; i < places; i++)
            {
                Assert.Equal((0f, -1L), (scores[n, i], labels[n, i]));
            }

            return Enumerable.Range(0, (int)counts[n]).Select(i => new RawDetection(
                (int)labels[n, i], scores[n, i], MemoryMarshal.Cast<float, Box>(boxes.Buffer.Span.Slice(((n * places) + i) * 4, 4))[0])).ToArray();
        })];
    }

    public void Dispose() => session.Dispose();
}
