using Fovea.CompilerServices;

namespace Fovea.Tests.Detection;

/// <summary>A loss with its operands in an arena; and what holds of every loss.</summary>
internal abstract class LossFixture : IDisposable
{
    protected LossFixture(int workers, int images, int anchors, int channels)
    {
        Arena = new CpuArena(workers);
        GradientMap = Arena.Map(images, anchors, channels);
        LossTerm = Arena.Loss();
        Weights = [.. Enumerable.Range(0, images).Select(n => 0.5f / (n + 1))];
    }

    /// <summary>What an image's anchors are divided by, one over it.</summary>
    public float[] Weights { get; }

    public float Loss => Arena.Value(LossTerm);

    public float[] Gradient => Arena.Floats(GradientMap);

    protected CpuArena Arena { get; }

    protected FeatureMap GradientMap { get; }

    protected LossTerm LossTerm { get; }

    /// <summary>1, 2, 3 and 5 workers give the same bits.</summary>
    public static void HasTheSameBitsAtAnyWorkerCount(string name, Func<int, LossFixture> create)
    {
        using var one = create(1);
        one.Run();
        foreach (var workers in new[] { 1, 2, 3, 5 })
        {
            using var f = create(workers);
            f.Run();
            Numbers.SameBits($"{name}, {workers} workers, gradient", one.Gradient, f.Gradient);
            Numbers.SameBits($"{name}, {workers} workers, loss", [one.Loss], [f.Loss]);
        }
    }

    /// <summary>A warm call allocates nothing on the managed heap.</summary>
    public static void AllocatesNothing(string name, Func<int, LossFixture> create)
    {
        using var f = create(1);
        Allocations.AssertNone(name, f.Run);
    }

    /// <summary>Losses and gradients of all images.</summary>
    public abstract void Run();

    public void Dispose() => Arena.Dispose();
}
