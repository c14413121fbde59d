using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.Add"/>
    public void Add(PyramidMap a, PyramidMap b, PyramidMap y)
    {
        for (var level = 0; level < y.Levels; level++)
        {
            AddMaps(a[level], b[level], y[level]);
        }
    }

    private void AddMaps(FeatureMap a, FeatureMap b, FeatureMap y)
    {
        using var operation = context.Enter(context.KindOf(y), [context.Range(a), context.Range(b)], [context.Range(y)]);
        context.Kernels.Add.Launch(context.Spread(y.Length, 8), context.Values(a), context.Values(b), context.Values(y), y.Length);
    }
}
