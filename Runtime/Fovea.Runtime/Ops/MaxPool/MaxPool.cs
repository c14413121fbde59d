namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>3×3 maximum, stride 2, padding 1 (−∞ outside).</summary>
    void MaxPool(FeatureMap x, FeatureMap y);

    /// <summary>dx: each dy goes to the first maximum (row by row) of its window of x.</summary>
    void MaxPoolBackward(FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx);
}
