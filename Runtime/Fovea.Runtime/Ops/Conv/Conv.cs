namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>y = w·x + b.</summary>
    void Conv(PyramidMap x, in ConvParameters w, PyramidMap y);

    /// <summary>y = max(0, w·x + b).</summary>
    void ConvRelu(PyramidMap x, in ConvParameters w, PyramidMap y);

    /// <summary>y = w·x + b + residual; y may be residual.</summary>
    void ConvAdd(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y);

    /// <summary>y = max(0, w·x + b + residual); y may be residual.</summary>
    void ConvAddRelu(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y);

    /// <summary>y = w·x + b + nearest(top), where row i of y reads row ⌊i·Htop/H⌋ of top (the FPN's lateral convolution with the top-down path).</summary>
    void ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y);

    /// <summary>
    /// dw = dyᵀ·x, db = Σ dy (either overwrites or accumulates, see <see cref="ConvGradients"/>). Levels are added up from the coarsest to
    /// the finest, each one's sums as if it were alone.
    /// </summary>
    void ConvBackwardWeights(PyramidMap x, in ConvParameters w, PyramidMap dy, in ConvGradients d);

    /// <summary>
    /// dx = (wᵀ·dy (+ accumulate)) · [mask &gt; 0], without the mask where there is none. A mask, of dx's shape, is what came out of the ReLU
    /// whose gradient dx is: masking is linear, so the finished sum is masked once. dx may be accumulate or the mask.
    /// </summary>
    void ConvBackwardData(in ConvParameters w, PyramidMap dy, PyramidMap dx, PyramidMap mask = default, PyramidMap accumulate = default);

    /// <summary>
    /// <see cref="ConvBackwardWeights"/> and <see cref="ConvBackwardData"/> of one convolution, in this order: dx may also be x, which dw has
    /// read by then.
    /// </summary>
    void ConvBackward(
        PyramidMap x,
        in ConvParameters w,
        PyramidMap dy,
        in ConvGradients d,
        PyramidMap dx,
        PyramidMap mask = default,
        PyramidMap accumulate = default);
}
