using System.CommandLine;
using System.Globalization;
using Fovea.App.Exporting;

namespace Fovea.App.Commands;

/// <summary><c>export --weights FILE --out FILE [--format onnx]</c>: the detector, or its weights, for other programs.</summary>
internal static class ExportCommand
{
    private static readonly Dictionary<string, ExportFormat> Endings = new(StringComparer.OrdinalIgnoreCase)
    {
        [".onnx"] = ExportFormat.Onnx,
        [".pth"] = ExportFormat.Torch,
        [".pt"] = ExportFormat.Torch,
        [".safetensors"] = ExportFormat.Safetensors,
    };

    public static Command Create(Detector detector)
    {
        var output = new Option<string>("--out") { Description = "The file to write; one that is there is replaced.", HelpName = "FILE", Required = true };
        var format = new Option<ExportFormat?>("--format")
        {
            Description = "Onnx: what ONNX Runtime runs. Torch: a state dict for torch.load and load_state_dict. Safetensors: the weights as this "
                + "program saves them. Default: by the end of the file's name (.onnx, .pth, .pt, .safetensors).",
        };
        var kind = new Option<OnnxKind>("--kind")
        {
            Description = "Of an ONNX file. Detector: from pictures to boxes. Raw: from a normalised input to logits and deltas.",
        };
        var input = new Option<OnnxInput>("--input")
        {
            Description = "What pictures are. Bytes: uint8 [N, H, W, 3]. Floats: float [N, 3, H, W] of 0 to 1. Both red first.",
        };
        var noResize = new Option<bool>("--no-resize") { Description = "Take pictures that are resized already, instead of resizing them in the file." };
        var canvas = new Option<string?>("--canvas")
        {
            Description = "The size that the network sees, in multiples of 32. Default: the declared one; needed where several are declared.",
            HelpName = "WxH",
        };
        var command = new Command("export", "Write the detector, or its weights, for other programs: ONNX, PyTorch, safetensors.");
        command.Add(output);
        command.Add(format);
        var weights = new WeightsOptions(required: true);
        weights.AddTo(command);
        Option[] onnx = [kind, input, noResize, canvas];
        foreach (var option in onnx)
        {
            command.Add(option);
        }

        var limits = new LimitOptions();
        limits.AddTo(command);
        command.SetAction((parsed, _) => CommonOptions.Guard(() =>
        {
            var file = parsed.GetRequiredValue(output);
            var form = parsed.GetValue(format) ?? FormatOf(file);
            var isDetector = form == ExportFormat.Onnx && parsed.GetValue(kind) == OnnxKind.Detector;
            GivenOptions.Refuse(
                form == ExportFormat.Onnx ? [] : GivenOptions.Of(parsed, onnx), $"a file of the form {form} has the weights alone.");
            GivenOptions.Refuse(
                isDetector ? [] : [.. GivenOptions.Of(parsed, input, noResize), .. limits.Given(parsed)],
                "they are about a complete detector (--format Onnx --kind Detector).");
            var options = new OnnxExportOptions
            {
                Kind = parsed.GetValue(kind),
                Input = parsed.GetValue(input),
                Resize = !parsed.GetValue(noResize),
                Canvas = parsed.GetValue(canvas) is { } text ? CanvasOf(text) : null,
                Detections = limits.Of(parsed),
            };
            weights.Apply(parsed, detector);
            Exporter.Write(detector, file, form, options);
            foreach (var line in Exporter.Describe(detector, file, form, options))
            {
                Console.WriteLine(line);
            }

            return Task.FromResult(ExitCode.Done);
        }));
        return command;
    }

    private static ExportFormat FormatOf(string file) => Endings.TryGetValue(Path.GetExtension(file), out var format)
        ? format
        : throw new ArgumentException($"--out {file}: expected a name that ends in {string.Join(", ", Endings.Keys)}, or --format.");

    private static CanvasSize CanvasOf(string text)
    {
        var (width, height) = WidthAndHeight.Parse("--canvas", text);
        return new CanvasSize(width, height);
    }
}
