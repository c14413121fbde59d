namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>y = max(0, x); y may be x.</summary>
    void Relu(PyramidMap x, PyramidMap y);

    /// <summary>dx = dy·[y &gt; 0] (+ accumulate); dx may be dy or accumulate.</summary>
    void ReluBackward(PyramidMap y, PyramidMap dy, PyramidMap dx, PyramidMap accumulate = default);
}
