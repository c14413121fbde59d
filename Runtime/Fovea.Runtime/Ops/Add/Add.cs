namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>y = a + b; y may be either.</summary>
    void Add(PyramidMap a, PyramidMap b, PyramidMap y);
}
