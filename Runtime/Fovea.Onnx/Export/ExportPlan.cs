namespace Fovea.Onnx.Export;

/// <summary>What is exported, with everything decided.</summary>
/// <param name="Kind">How much of the detector.</param>
/// <param name="Input">What pictures are.</param>
/// <param name="ResizesInside">Whether pictures of any size come in.</param>
/// <param name="IsFixed">Whether the canvas is <paramref name="Canvas"/>; else it varies.</param>
/// <param name="Canvas">The canvas, or one of those that there can be.</param>
/// <param name="PostProcessing">From logits to detections.</param>
internal sealed record ExportPlan(
    OnnxKind Kind, OnnxInput Input, bool ResizesInside, bool IsFixed, CanvasSize Canvas, PostProcessingRule PostProcessing)
{
    private const int Multiple = 32;

    /// <summary>Elements of a file's messages are counted in 31 bits.</summary>
    private const long MaxBytes = int.MaxValue;

    /// <summary>What everything but weights may take.</summary>
    private const long Overhead = 16 << 20;

    /// <summary>Whether pictures must be as large as the canvas.</summary>
    public bool HasFixedPictures => IsFixed && !ResizesInside;

    /// <summary>Decides.</summary>
    /// <exception cref="OnnxExportException">The model cannot be exported so.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static ExportPlan Of(ModelDescription model, OnnxExportOptions options)
    {
        Check(model, options);
        var bytes = model.Tensors.Sum(t => (long)t.Length) * sizeof(float);
        if (bytes > MaxBytes - Overhead)
        {
            throw new OnnxExportException(model.Name, FormattableString.Invariant(
                $"its weights take {bytes} bytes: an ONNX file holds at most 2 GB. Export a narrower model, or its weights alone as safetensors."));
        }

        var resizes = options.Kind == OnnxKind.Detector && options.Resize;
        var canvas = options.Canvas ?? (model.InputSizes is [var only] ? only : null);
        if (canvas is null && model.Resize is null && resizes)
        {
            var declared = string.Join(", ", model.InputSizes.Select(s => FormattableString.Invariant($"{s.Width}×{s.Height}")));
            throw new OnnxExportException(
                model.Name,
                $"it declares the canvases {declared}, and a file that resizes pictures has one: name it ({nameof(OnnxExportOptions.Canvas)}), "
                + $"or leave resizing to the caller ({nameof(OnnxExportOptions.Resize)} = false).");
        }

        return new ExportPlan(
            options.Kind, options.Input, resizes, canvas is not null, canvas ?? new CanvasSize(256, 256),
            DetectOptions.Apply(options.Detections, model.PostProcessing));
    }

    private static void Check(ModelDescription model, OnnxExportOptions options)
    {
        if (!Enum.IsDefined(options.Kind) || !Enum.IsDefined(options.Input))
        {
            throw new ArgumentException($"{model.Name}: kind {options.Kind}, input {options.Input}: expected members of their enumerations.");
        }

        if (options.Canvas is { } canvas && (canvas.Width <= 0 || canvas.Height <= 0 || canvas.Width % Multiple != 0 || canvas.Height % Multiple != 0))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(OnnxExportOptions)}.{nameof(OnnxExportOptions.Canvas)} is {canvas.Width}×{canvas.Height}: expected multiples of {Multiple}."));
        }
    }
}
