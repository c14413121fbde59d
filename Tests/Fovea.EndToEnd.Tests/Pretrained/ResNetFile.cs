namespace Fovea.EndToEnd.Pretrained;

/// <summary>How a file writes the norm behind a convolution.</summary>
public enum FileNorm
{
    /// <summary>BatchNormalization.</summary>
    Batch,

    /// <summary>Folded: the convolution has a bias, and nothing is behind it.</summary>
    Folded,

    /// <summary>BatchNormalization without scale, and Mul and Add behind it, as Caffe's Scale layers come.</summary>
    BatchAndScale,

    /// <summary>Mul and Add alone.</summary>
    Scale,

    /// <summary>Mul, then BatchNormalization.</summary>
    ScaleAndBatch,
}

/// <summary>A ResNet with random weights in an ONNX file; its outputs are C2 … C5.</summary>
internal sealed record ResNetFile
{
    public bool IsBottleneck { get; init; }

    public int[] StageBlocks { get; init; } = [1, 1, 1, 1];

    public int Width { get; init; } = 8;

    public int Groups { get; init; } = 1;

    public FileNorm Norm { get; init; }

    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Pads of strided windows as CNTK writes them: nothing behind that an even size leaves out.</summary>
    public bool PadsLess { get; init; }

    public bool HasIdentities { get; init; }

    /// <summary>Mistakes that make it no ResNet of ours.</summary>
    public string Fault { get; init; } = "";

    public int? Size { get; init; }

    /// <summary>What is done to pixels before the first convolution.</summary>
    public Func<OnnxWriter, string, string> Preprocess { get; init; } = (_, pixels) => pixels;

    public byte[] Write(OnnxWriter? into = null)
    {
        var file = into ?? new OnnxWriter();
        var random = new Random(5);
        file.Input("picture", 1, 3, Size, Size);
        var x = Layer(file, random, Preprocess(file, "picture"), 3, Width, 7, 2);
        x = file.Node("Relu", [x]);
        x = Fault == "average" ? file.Node("AveragePool", [x], Window(3, 2)) : file.Node("MaxPool", [x], Window(3, 2));
        var channels = Width;
        for (var stage = 0; stage < StageBlocks.Length; stage++)
        {
            for (var index = 0; index < StageBlocks[stage]; index++)
            {
                var planes = Width << stage;
                x = Block(file, random, x, channels, planes, stage > 0 && index == 0 ? 2 : 1);
                channels = planes * (IsBottleneck ? 4 : 1);
            }

            var name = $"C{stage + 2}";
            file.Node("Identity", [x], [name]);
            file.Output(name);
        }

        file.Node("GlobalAveragePool", [x]);
        return file.ToArray();
    }

    private string Block(OnnxWriter file, Random random, string x, int from, int planes, int stride)
    {
        var to = planes * (IsBottleneck ? 4 : 1);
        var shortcut = stride != 1 || from != to ? Layer(file, random, x, from, to, 1, stride) : x;
        string y;
        if (IsBottleneck)
        {
            var early = Fault == "early stride";
            y = file.Node("Relu", [Layer(file, random, x, from, planes, 1, early ? stride : 1)]);
            y = file.Node("Relu", [Layer(file, random, y, planes, planes, 3, early ? 1 : stride, Groups)]);
            y = Layer(file, random, y, planes, to, 1, 1);
        }
        else
        {
            y = file.Node("Relu", [Layer(file, random, x, from, planes, 3, stride)]);
            y = Layer(file, random, y, planes, to, 3, 1);
        }

        if (HasIdentities)
        {
            y = file.Node("Dropout", [y]);
        }

        // Either operand may come first.
        var sum = file.Node("Add", random.Next(2) == 0 ? [shortcut, y] : [y, shortcut]);
        return Fault == "no activation" ? sum : file.Node("Relu", [sum]);
    }

    private string Layer(OnnxWriter file, Random random, string x, int from, int to, int kernel, int stride, int groups = 1)
    {
        var weight = Values(random, to * (from / groups) * kernel * kernel, 0, Math.Sqrt(2.0 / (from / groups * kernel * kernel)));
        var (gamma, beta) = (Values(random, to, 1, 0.2), Values(random, to, 0, 0.3));
        var (mean, variance) = (Values(random, to, 0, 0.3), Array.ConvertAll(Values(random, to, 0, 1), v => 0.5f + (v * v)));
        var scale = gamma.Select((g, c) => g / Math.Sqrt(variance[c] + Epsilon)).ToArray();
        var shift = beta.Select((b, c) => (float)(b - (mean[c] * scale[c]))).ToArray();
        int[] shape = [to, from / groups, kernel, kernel];
        (string, object)[] window = [.. Window(kernel, stride), ("group", (long)groups)];
        if (Norm == FileNorm.Folded)
        {
            var folded = weight.Select((w, i) => (float)(w * scale[i / (weight.Length / to)])).ToArray();
            return file.Node("Conv", [x, file.Tensor(shape, folded), file.Tensor([to], shift)], window);
        }

        var y = file.Node("Conv", [x, Fault == "computed weights" ? file.Node("Relu", [file.Tensor(shape, weight)]) : file.Tensor(shape, weight)], window);
        y = HasIdentities ? file.Node("Identity", [y]) : y;
        switch (Norm)
        {
            case FileNorm.Scale:
                y = file.Node("Mul", [y, file.Tensor([to, 1, 1], Array.ConvertAll(scale, s => (float)s))]);
                return file.Node("Add", [file.Tensor([1, to, 1, 1], shift), y]);
            case FileNorm.BatchAndScale:
                y = BatchNorm(file, y, Filled(to, 1), Filled(to, 0), mean, variance);
                y = file.Node("Mul", [file.Tensor([1, to, 1, 1], gamma), y]);
                return file.Node("Add", [y, file.Tensor([to, 1, 1], beta)]);
            case FileNorm.ScaleAndBatch:
                y = file.Node("Div", [y, file.Tensor([1], [2])]);
                return BatchNorm(file, y, gamma, beta, mean, variance);
            default:
                return BatchNorm(file, y, gamma, beta, mean, variance);
        }
    }

    private static float[] Filled(int length, float value) => [.. Enumerable.Repeat(value, length)];

    private static float[] Values(Random random, int length, double mean, double deviation)
    {
        var values = new float[length];
        for (var i = 0; i < length; i++)
        {
            // Twelve even numbers make nearly a normal one.
            values[i] = (float)(mean + (deviation * (Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6)));
        }

        return values;
    }

    private string BatchNorm(OnnxWriter file, string x, float[] gamma, float[] beta, float[] mean, float[] variance) => file.Node(
        "BatchNormalization",
        [x, .. new[] { gamma, beta, mean, variance }.Select(v => file.Tensor([v.Length], v))], ("epsilon", Epsilon), ("momentum", 0.9f));

    private (string, object)[] Window(int kernel, int stride)
    {
        var (before, after) = ((long)(kernel / 2), (long)((kernel / 2) - (PadsLess && kernel > 1 ? stride - 1 : 0)));
        long[] pads = Fault == "moved padding" && stride == 2 && kernel > 1 ? [before - 1, before - 1, before, before] : [before, before, after, after];
        return [("kernel_shape", (long[])[kernel, kernel]), ("strides", (long[])[stride, stride]), ("pads", pads)];
    }
}
