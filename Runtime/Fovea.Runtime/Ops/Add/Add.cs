using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Backends;

public partial interface IBackend
{
    /// <summary>y = a + b; y may be either.</summary>
    void Add(PyramidMap a, PyramidMap b, PyramidMap y);
}
