using System.Diagnostics.CodeAnalysis;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Cudnn;

/// <summary>
/// Convolutions by cuDNN: prepares a plan for each shape once and runs it as often as wanted. Preparing asks heuristics, may compile
/// kernels and may time them, so it belongs into the first step, before anything is captured; running allocates nothing on the managed heap
/// and can be captured. Belongs to the CUDA context that was current when it was made; for one thread at a time.
/// </summary>
internal sealed class CudnnConvolutions : IDisposable
{
    private const ulong AlignmentMask = 15;

    private readonly Precision precision;
    private readonly CudnnOptions options;
    private readonly CudnnHandle handle;
    private readonly ConvolutionPlanner planner;
    private readonly ConvolutionAutotuner autotuner;
    private readonly AutotuneCache cache;
    private readonly CudnnLegacy? legacy;
    private readonly Dictionary<ConvolutionShape, CudnnPlan?> plans = [];

    /// <summary>Opens cuDNN on the current context.</summary>
    /// <param name="driver">Times plans.</param>
    /// <param name="library">cuDNN's graph API.</param>
    /// <param name="precision">Of the shapes that <see cref="ShapeOf"/> makes.</param>
    /// <param name="device">Whose choices are remembered.</param>
    /// <param name="options">How engines are chosen.</param>
    /// <param name="legacy">Used where the graph API finds no engine; null for never.</param>
    /// <exception cref="CudaException">cuDNN is of another major version, or does not start.</exception>
    public CudnnConvolutions(
        ICudaDriver driver,
        ICudnnLibrary library,
        Precision precision,
        CudaDeviceInfo device,
        CudnnOptions? options = null,
        CudnnLegacy? legacy = null)
    {
        this.precision = precision;
        this.options = options ?? new CudnnOptions();
        this.legacy = legacy;
        handle = new CudnnHandle(library);
        Description = $"cuDNN {handle.VersionText} ({library.Description})";
        planner = new ConvolutionPlanner(library, handle, this.options);
        autotuner = new ConvolutionAutotuner(driver, handle, planner, this.options);
        cache = new AutotuneCache(
            this.options.CacheFolder ?? AutotuneCache.DefaultFolder, $"{device.Name}; cuDNN {handle.VersionText}; {driver.Description}");
    }

    /// <summary>cuDNN in words, for logs.</summary>
    public string Description { get; }

    /// <summary>Why the last shape that found no plan found none, in words, for logs.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>The shape of a convolution of the network, in this instance's precision.</summary>
    public ConvolutionShape ShapeOf(
        ConvolutionDirection direction, FeatureMap x, in ConvParameters w, ConvolutionEpilogue epilogue = ConvolutionEpilogue.None) =>
        ConvolutionShape.Of(direction, x, w, precision, epilogue);

    /// <summary>Whether engines are timed where there is memory to do it in.</summary>
    public bool WantsTiming => options.Autotune;

    /// <summary>Whether a shape needs no choice any more: it was made here, or before and is remembered.</summary>
    public bool IsChosen(in ConvolutionShape shape)
    {
        if (!plans.ContainsKey(shape) && Remembered(shape) is { } plan)
        {
            plans.Add(shape, plan);
        }

        return plans.ContainsKey(shape);
    }

    /// <summary>The plan of a shape, by earlier choice or heuristic.</summary>
    /// <returns>False where cuDNN finds no engine: then <see cref="ConvolutionShape.Unfused"/> may have one.</returns>
    public bool TryPrepare(in ConvolutionShape shape, [NotNullWhen(true)] out CudnnPlan? plan) =>
        TryPrepare(shape, default, default, out plan);

    /// <summary>The plan of a shape: the one already made; else the one that was fastest before; else the fastest now.</summary>
    /// <param name="shape">What to compute.</param>
    /// <param name="scratch">Where timing may write; <c>default</c>, or too little, means that nothing is timed.</param>
    /// <param name="stream">Where timing runs; it must not be captured.</param>
    /// <param name="plan">The plan, which stays this instance's.</param>
    /// <returns>False where cuDNN finds no engine: then <see cref="ConvolutionShape.Unfused"/> may have one.</returns>
    public bool TryPrepare(
        in ConvolutionShape shape, in ConvolutionScratch scratch, CudaStream stream, [NotNullWhen(true)] out CudnnPlan? plan)
    {
        if (!plans.TryGetValue(shape, out plan))
        {
            plan = Prepare(shape, scratch, stream);
            plans.Add(shape, plan);
        }

        return plan is not null;
    }

    /// <summary>Gives a convolution to a stream.</summary>
    /// <param name="plan">From <see cref="TryPrepare(in ConvolutionShape, out CudnnPlan?)"/> of this instance.</param>
    /// <param name="stream">May be captured.</param>
    /// <param name="operands">What the plan's shape needs.</param>
    /// <param name="workspace">At least <see cref="CudnnPlan.WorkspaceBytes"/> that nothing else uses meanwhile; 0 if that is 0.</param>
    public void Execute(CudnnPlan plan, CudaStream stream, in ConvolutionOperands operands, DeviceAddress workspace)
    {
        for (var operand = ConvolutionOperand.X; operand <= ConvolutionOperand.Mask; operand++)
        {
            var address = operands[operand].Value;
            if ((address == 0 && plan.Shape.BytesOf(operand) > 0) || (address & AlignmentMask) != 0)
            {
                throw Misplaced(plan, operand.ToString(), address);
            }
        }

        if ((workspace.Value == 0 && plan.WorkspaceBytes > 0) || (workspace.Value & AlignmentMask) != 0)
        {
            throw Misplaced(plan, "workspace", workspace.Value);
        }

        handle.Use(stream);
        plan.Execute(handle, operands, workspace);
        options.Executed?.Invoke(plan, stream);
    }

    /// <summary>Writes new choices to the cache; the end of preparation is a good time. Disposal does it, too.</summary>
    public void SaveChoices() => cache.Save();

    /// <inheritdoc/>
    public void Dispose()
    {
        SaveChoices();
        foreach (var plan in plans.Values)
        {
            plan?.Dispose();
        }

        plans.Clear();
        handle.Dispose();
    }

    private CudnnPlan? Prepare(in ConvolutionShape shape, in ConvolutionScratch scratch, CudaStream stream)
    {
        CudnnPlan? plan = Remembered(shape) ?? Choose(shape, scratch, stream);
        if (plan is null)
        {
            Refusal = $"cuDNN has no engine for {shape}: {planner.Refusal}";
            plan = legacy?.TryPlan(handle, shape, options.WorkspaceLimit);
        }

        return plan;
    }

    private GraphPlan? Remembered(in ConvolutionShape shape)
    {
        if (!options.Autotune || cache.Find(shape) is not { } choice)
        {
            return null;
        }

        var plan = planner.TryPlan(shape, choice);
        if (plan is null)
        {
            cache.Forget(shape);
            return null;
        }

        plan.Milliseconds = choice.Milliseconds;
        return plan;
    }

    private GraphPlan? Choose(in ConvolutionShape shape, in ConvolutionScratch scratch, CudaStream stream)
    {
        if (!options.Autotune || scratch.Address.Value == 0 || scratch.WorkspaceBytes(shape) < 0)
        {
            return planner.TryPlan(shape);
        }

        var plan = autotuner.TryPlan(shape, scratch, stream);
        if (plan is not null && float.IsFinite(plan.Milliseconds))
        {
            cache.Remember(shape, new AutotuneChoice(plan.Identity, plan.Index, plan.WorkspaceBytes, plan.Milliseconds));
        }

        return plan;
    }

    private static CudaException Misplaced(CudnnPlan plan, string what, ulong address) => new(
        CudaFailure.Cudnn,
        $"cuDNN: {what} of {plan.Shape} lies at 0x{address:x}, which is {(address == 0 ? "no memory" : "no multiple of 16")}.");
}
