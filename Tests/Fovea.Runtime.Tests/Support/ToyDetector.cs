using Fovea.Model;

namespace Fovea.Tests.Support;

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

    public static ToyDetector Load(string path, LoadOptions? options = null, ToyProgram? program = null)
    {
        var detector = new ToyDetector(program ?? ToyProgram.Instance, options ?? new LoadOptions());
        detector.LoadWeights(path, options);
        return detector;
    }
}
