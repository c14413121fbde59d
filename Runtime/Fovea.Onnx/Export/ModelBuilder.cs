using Fovea.Devices;
using Fovea.Onnx.Format;
using Fovea.Onnx.Graph;
using Fovea.Onnx.Network;
using DataType = Fovea.Onnx.Format.TensorProto.Types.DataType;

namespace Fovea.Onnx.Export;

/// <summary>From a detector to a file's content.</summary>
internal static class ModelBuilder
{
    /// <summary>The operators' version: the lowest that has all, so that older runtimes read the file, too.</summary>
    public const int Opset = 17;

    /// <summary>Of the format itself, which belongs to the opset.</summary>
    private const int IrVersion = 8;

    /// <summary>Builds the model.</summary>
    /// <exception cref="OnnxExportException">It cannot be exported so.</exception>
    public static ModelProto Build(Detector detector, OnnxExportOptions? options)
    {
        ArgumentNullException.ThrowIfNull(detector);
        var description = detector.Description;
        var plan = ExportPlan.Of(description, options ?? new OnnxExportOptions());
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "Fovea",
            ProducerVersion = typeof(ModelBuilder).Assembly.GetName().Version?.ToString(3) ?? "",
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = Opset } },
            Graph = Graph(detector, plan, Trace(detector, plan)),
        };
        model.MetadataProps.AddRange(
            ModelMetadata.Of(description, plan).Select(m => new StringStringEntryProto { Key = m.Key, Value = m.Value }));
        return model;
    }

    private static NetworkTrace Trace(Detector detector, ExportPlan plan)
    {
        try
        {
            return NetworkTrace.Of(detector.Program, plan.Canvas);
        }
        catch (NotSupportedException e)
        {
            throw new OnnxExportException(detector.Description.Name, e.Message, e);
        }
    }

    private static GraphProto Graph(Detector detector, ExportPlan plan, NetworkTrace network)
    {
        var graph = new GraphBuilder(detector.Description.Name);
        var sizes = new MapSizes(graph, plan.IsFixed);
        var picture = new PictureNodes(graph);
        if (plan.Kind == OnnxKind.Raw)
        {
            object height = plan.IsFixed ? plan.Canvas.Height : "height", width = plan.IsFixed ? plan.Canvas.Width : "width";
            graph.Input(network.Input.Name, DataType.Float, ["batch", 3, height, width], "Normalised; sides are multiples of 32.");
        }
        else
        {
            picture.Write(plan, detector.Description.Pixels, detector.Description.Resize, network.Input.Name);
        }

        Network(detector, network, graph, sizes);
        if (plan.Kind == OnnxKind.Raw)
        {
            object anchors = plan.IsFixed ? network.Deltas.Sum(d => d.Shape.Height * d.Shape.Width * d.Shape.Channels / 4) : "anchors";
            new HeadNodes(graph).Write(network, plan.PostProcessing.Classes, anchors);
        }
        else
        {
            new DetectionNodes(graph, sizes, plan.PostProcessing).Write(network, detector.Description.MinLevel, picture);
        }

        return graph.Graph;
    }

    /// <summary>All weights are of one moment: no step comes between two of them.</summary>
    private static void Network(Detector detector, NetworkTrace network, GraphBuilder graph, MapSizes sizes)
    {
        var model = detector.Model;
        model.EnterRead();
        try
        {
            var writer = new NetworkWriter(graph, sizes, key =>
            {
                var tensor = DetectorState.Find(detector.Description, key);
                return (tensor.Shape, DetectorState.Read(model, tensor, DetectorState.BufferOf(tensor)));
            });
            foreach (var node in network.Nodes)
            {
                writer.Write(node);
            }
        }
        finally
        {
            model.ExitRead();
        }
    }
}
