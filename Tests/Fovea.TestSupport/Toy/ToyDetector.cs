using Fovea.CompilerServices;

namespace Fovea.TestSupport;

public enum ToyClass
{
    Square = 0,
    Wide = 1,
    Tall = 2,
}

/// <summary>What the generator makes of a partial class, over <see cref="ToyProgram"/>.</summary>
internal sealed class ToyDetector : Detector<ToyClass>
{
    private ToyDetector(DetectorProgram program, DetectorOptions options)
        : base(program, options)
    {
    }

    public static ToyDetector Create(ulong seed = 0, DetectorOptions? options = null, ToyProgram? program = null)
    {
        var detector = new ToyDetector(program ?? ToyProgram.Instance, options ?? new DetectorOptions());
        detector.InitializeWeights(seed);
        return detector;
    }

    public static ToyDetector Load(string path, LoadOptions? load = null, ToyProgram? program = null) =>
        Loaded(new ToyDetector(program ?? ToyProgram.Instance, new DetectorOptions()), detector => detector.LoadWeights(path, load));

    /// <summary>Raises the class bias, so that random weights detect something; a little higher for each channel.</summary>
    public ToyDetector Excited()
    {
        var bias = ReadTensor("head.classification_head.cls_logits.bias");
        for (var i = 0; i < bias.Length; i++)
        {
            bias[i] = -1 + (0.1f * (i % ToyProgram.Classes));
        }

        WriteTensor("head.classification_head.cls_logits.bias", bias);
        return this;
    }
}
