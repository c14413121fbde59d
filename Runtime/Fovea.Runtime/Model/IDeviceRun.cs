using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Model;

/// <summary>What a session needs of its device: an arena, and the program run over it. One thread at a time.</summary>
internal interface IDeviceRun : IDisposable
{
    /// <summary>Makes the arena at least as long as the plan wants; what it held is lost if it grows.</summary>
    void Reserve(ExecutionPlan plan);

    /// <summary>Writes the anchors of the plan's canvas.</summary>
    void GenerateAnchors(ExecutionPlan plan);

    /// <summary>Refreshes the folded weights.</summary>
    void Fold();

    /// <summary>From the input to the detections.</summary>
    void Detect(InferencePlan plan);

    /// <summary>Forward, losses and backward: fills the gradient buffer.</summary>
    void ForwardBackward(TrainingPlan plan);

    /// <summary>The length of the gradient.</summary>
    double GradientNorm(ParameterRange range);

    /// <summary>Clips the gradient of the given length and takes one step.</summary>
    void Update(Optimizer optimizer, double learningRate, double gradientNorm, double maxGradientNorm);

    /// <summary>Copies host values into the arena.</summary>
    void Write(long offset, ReadOnlySpan<float> source);

    /// <summary>Copies host integers into the arena.</summary>
    void Write(long offset, ReadOnlySpan<int> source);

    /// <summary>Copies from the arena to the host.</summary>
    void Read(long offset, Span<float> destination);

    /// <summary>Copies integers from the arena to the host.</summary>
    void Read(long offset, Span<int> destination);

    /// <summary>Calls <paramref name="observer"/> whenever the layer's value is complete.</summary>
    void AddTap(string layer, Action<string, FeatureMap> observer);
}
