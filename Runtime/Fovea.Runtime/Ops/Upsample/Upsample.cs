namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>dtop = Σ of the cells of dy that nearest upsampling read from it (+ accumulate); dtop may be accumulate.</summary>
    void UpsampleBackward(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default);
}
