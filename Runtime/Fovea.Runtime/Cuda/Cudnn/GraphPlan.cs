namespace Fovea.Cuda.Cudnn;

/// <summary>
/// An execution plan of the graph API. The addresses of the last run are kept as a variant pack, so that the same run again is one call.
/// </summary>
internal sealed unsafe class GraphPlan : CudnnPlan
{
    private const int MostOperands = 6;

    private readonly ICudnnLibrary library;
    private readonly ConvolutionGraph graph;
    private readonly EngineConfig config;
    private readonly CudnnDescriptor plan;
    private nint pack;
    private ConvolutionOperands packed;
    private DeviceAddress packedWorkspace;

    /// <summary>Takes over the configuration and the plan; the graph only with <see cref="OwnsGraph"/>.</summary>
    public GraphPlan(ICudnnLibrary library, ConvolutionGraph graph, EngineConfig config, CudnnDescriptor plan, long workspaceBytes)
        : base(graph.Shape, config.Identity.Length == 0 ? $"proposal {config.Index}" : config.Identity, workspaceBytes)
    {
        this.library = library;
        this.graph = graph;
        this.config = config;
        this.plan = plan;
    }

    /// <summary>Where the heuristics have proposed it.</summary>
    public int Index => config.Index;

    /// <summary>Engine and knobs; empty where the library does not tell.</summary>
    public string Identity => config.Identity;

    /// <summary>cuDNN's pointer to the execution plan.</summary>
    public nint Descriptor => plan.Handle;

    /// <summary>Whether the graph goes with the plan.</summary>
    public bool OwnsGraph { get; set; }

    /// <inheritdoc/>
    public override void Execute(CudnnHandle handle, in ConvolutionOperands operands, DeviceAddress workspace)
    {
        if (pack == 0 || packedWorkspace != workspace || packed != operands)
        {
            Pack(operands, workspace);
        }

        var status = library.Execute(handle.Value, plan.Handle, pack);
        if (status != CudnnStatus.Success)
        {
            throw CudnnStatus.Failure(library, status, $"cudnnBackendExecute of {Shape} with {Engine}");
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Unpack();
        plan.Dispose();
        config.Dispose();
        if (OwnsGraph)
        {
            graph.Dispose();
        }
    }

    private void Pack(in ConvolutionOperands operands, DeviceAddress workspace)
    {
        Unpack();
        var ids = stackalloc long[MostOperands];
        var pointers = stackalloc nint[MostOperands];
        var count = graph.Operands.Length;
        for (var i = 0; i < count; i++)
        {
            ids[i] = (long)graph.Operands[i];
            pointers[i] = (nint)operands[graph.Operands[i]].Value;
        }

        Check(library.CreateDescriptor(CudnnDescriptorType.VariantPack, out pack), "cudnnBackendCreateDescriptor of VariantPack");
        var ready = false;
        try
        {
            Set(CudnnAttribute.VariantPackUniqueIds, CudnnAttributeType.Int64, count, ids);
            Set(CudnnAttribute.VariantPackDataPointers, CudnnAttributeType.VoidPointer, count, pointers);
            var space = (nint)workspace.Value;
            Set(CudnnAttribute.VariantPackWorkspace, CudnnAttributeType.VoidPointer, 1, &space);
            Check(library.FinalizeDescriptor(pack), "cudnnBackendFinalize of VariantPack");
            (packed, packedWorkspace, ready) = (operands, workspace, true);
        }
        finally
        {
            if (!ready)
            {
                Unpack();
            }
        }
    }

    private void Unpack()
    {
        if (pack != 0)
        {
            _ = library.DestroyDescriptor(pack);
            pack = 0;
        }
    }

    private void Set(CudnnAttribute attribute, CudnnAttributeType type, long count, void* values)
    {
        var status = library.SetAttribute(pack, attribute, type, count, values);
        if (status != CudnnStatus.Success)
        {
            throw CudnnStatus.Failure(library, status, $"cudnnBackendSetAttribute of VariantPack, {attribute}, for {Shape}");
        }
    }

    private void Check(int status, string call) => CudnnStatus.Check(library, status, call);
}
