namespace Fovea.Cuda.Cudnn;

/// <summary>
/// Finds engines for a graph: asks heuristic A, then the fallback, drops what the precision or determinism forbids, and builds execution
/// plans from what is left, best first.
/// </summary>
internal sealed unsafe class ConvolutionPlanner(ICudnnLibrary library, CudnnHandle handle, CudnnOptions options)
{
    private static readonly CudnnHeuristicMode[] Modes = [CudnnHeuristicMode.A, CudnnHeuristicMode.Fallback];

    /// <summary>Why the last engine or graph was refused, in cuDNN's words; empty if none was.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>The graph of a shape, or null where cuDNN does not take such graphs.</summary>
    public ConvolutionGraph? TryBuild(in ConvolutionShape shape)
    {
        var graph = ConvolutionGraphBuilder.TryBuild(library, handle, shape, out var refusal);
        Refusal = graph is null ? $"the graph was refused: {refusal}" : "no engine was proposed";
        return graph;
    }

    /// <summary>The first plan that comes about, or null: then the shape must be computed unfused, or otherwise.</summary>
    /// <returns>A plan that owns its graph.</returns>
    public GraphPlan? TryPlan(in ConvolutionShape shape) => TryPlan(shape, null);

    /// <summary>The plan that was chosen before, if the heuristics still propose it; otherwise null.</summary>
    /// <returns>A plan that owns its graph.</returns>
    public GraphPlan? TryPlan(in ConvolutionShape shape, AutotuneChoice? remembered)
    {
        var graph = TryBuild(shape);
        if (graph is null)
        {
            return null;
        }

        GraphPlan? plan = null;
        try
        {
            plan = remembered is null ? Plans(graph).FirstOrDefault() : Plans(graph, remembered.IsOf).FirstOrDefault();
            return plan;
        }
        finally
        {
            if (plan is null)
            {
                graph.Dispose();
            }
            else
            {
                plan.OwnsGraph = true;
            }
        }
    }

    /// <summary>
    /// Plans for a graph, best first, built as they are asked for; the caller disposes each. An engine that refuses or wants too much
    /// workspace is passed over.
    /// </summary>
    public IEnumerable<GraphPlan> Plans(ConvolutionGraph graph, Func<EngineConfig, bool>? wanted = null)
    {
        var index = 0;
        foreach (var mode in Modes)
        {
            foreach (var plan in PlansOf(graph, Propose(graph, mode, ref index), wanted))
            {
                yield return plan;
            }
        }
    }

    private IEnumerable<GraphPlan> PlansOf(ConvolutionGraph graph, List<EngineConfig> configs, Func<EngineConfig, bool>? wanted)
    {
        var next = 0;
        try
        {
            while (next < configs.Count)
            {
                var config = configs[next++];
                var plan = Allows(graph.Shape, config) && wanted?.Invoke(config) != false ? TryPlan(graph, config) : null;
                if (plan is null)
                {
                    config.Dispose();
                    continue;
                }

                yield return plan;
            }
        }
        finally
        {
            for (; next < configs.Count; next++)
            {
                configs[next].Dispose();
            }
        }
    }

    /// <summary>What precision and options ask for: no fewer bits of float32, the same bits each time, no compiler.</summary>
    private bool Allows(in ConvolutionShape shape, EngineConfig config)
    {
        var allowed = (shape.Precision, shape.ValueType) switch
        {
            (Precision.Float32, _) => !config.Has(CudnnNumericalNote.TensorCore) && !config.Has(CudnnNumericalNote.DownConvertInputs),
            (_, CudnnDataType.Float) => !config.Has(CudnnNumericalNote.DownConvertInputs),
            _ => true,
        };
        if (!allowed)
        {
            Refusal = $"{config.Identity} rounds float32 to fewer bits";
        }
        else if (options.Deterministic && config.Has(CudnnNumericalNote.Nondeterministic))
        {
            Refusal = $"{config.Identity} is not deterministic";
            allowed = false;
        }
        else if (!options.RuntimeCompilation && config.Has(CudnnBehaviorNote.RuntimeCompilation))
        {
            Refusal = $"{config.Identity} is compiled at run time";
            allowed = false;
        }

        return allowed;
    }

    private GraphPlan? TryPlan(ConvolutionGraph graph, EngineConfig config)
    {
        var descriptor = new CudnnDescriptor(library, CudnnDescriptorType.ExecutionPlan);
        var kept = false;
        try
        {
            descriptor.Set(CudnnAttribute.ExecutionPlanHandle, handle).Set(CudnnAttribute.ExecutionPlanEngineConfig, config.Descriptor);
            var status = descriptor.TryComplete();
            if (status != CudnnStatus.Success)
            {
                Refusal = $"{config.Identity}: {CudnnStatus.Describe(library, status)}";
                return CudnnStatus.IsRefusal(status)
                    ? null
                    : throw CudnnStatus.Failure(library, status, $"cudnnBackendFinalize of ExecutionPlan for {graph.Shape}");
            }

            var workspace = descriptor.GetInt64(CudnnAttribute.ExecutionPlanWorkspaceSize);
            if (workspace > options.WorkspaceLimit)
            {
                Refusal = $"{config.Identity} wants {workspace} bytes of workspace, over the limit of {options.WorkspaceLimit}";
                return null;
            }

            kept = true;
            return new GraphPlan(library, graph, config, descriptor, workspace);
        }
        finally
        {
            if (!kept)
            {
                descriptor.Dispose();
            }
        }
    }

    private List<EngineConfig> Propose(ConvolutionGraph graph, CudnnHeuristicMode mode, ref int index)
    {
        using var heuristic = new CudnnDescriptor(library, CudnnDescriptorType.EngineHeuristic)
            .Set(CudnnAttribute.EngineHeuristicOperationGraph, graph.OperationGraph)
            .Set(CudnnAttribute.EngineHeuristicMode, mode);
        var status = heuristic.TryComplete();
        long count = 0;
        if (status == CudnnStatus.Success)
        {
            status = heuristic.TryGet(CudnnAttribute.EngineHeuristicResults, CudnnAttributeType.BackendDescriptor, 0, out count, null);
        }

        if (status != CudnnStatus.Success)
        {
            Refusal = CudnnStatus.Describe(library, status);
            return CudnnStatus.IsRefusal(status)
                ? []
                : throw CudnnStatus.Failure(library, status, $"the engine heuristic {mode} for {graph.Shape}");
        }

        return Read(heuristic, (int)count, ref index);
    }

    private List<EngineConfig> Read(CudnnDescriptor heuristic, int count, ref int index)
    {
        var descriptors = new CudnnDescriptor[count];
        var handles = new nint[count];
        for (var i = 0; i < count; i++)
        {
            descriptors[i] = new CudnnDescriptor(library, CudnnDescriptorType.EngineConfig);
            handles[i] = descriptors[i].Handle;
        }

        long filled = 0;
        var status = CudnnStatus.Success;
        if (count > 0)
        {
            fixed (nint* p = handles)
            {
                status = heuristic.TryGet(
                    CudnnAttribute.EngineHeuristicResults, CudnnAttributeType.BackendDescriptor, count, out filled, p);
            }
        }

        var configs = new List<EngineConfig>();
        for (var i = 0; i < count; i++)
        {
            if (i < filled && status == CudnnStatus.Success)
            {
                configs.Add(EngineConfig.Read(library, descriptors[i], index++));
            }
            else
            {
                descriptors[i].Dispose();
            }
        }

        CudnnStatus.Check(library, status, "cudnnBackendGetAttribute of EngineHeuristic, EngineHeuristicResults");
        return configs;
    }
}
