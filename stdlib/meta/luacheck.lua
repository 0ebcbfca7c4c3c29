-- Made by `make docs`. In .luacheckrc:
--   stds.almanac = dofile "luacheck.lua"
--   std = "lua54+almanac"
return {
  read_globals = {
    alerts = {
      fields = {
        active = {},
        critical = {},
        firing = {},
      },
    },
    ask = {},
    canary = {
      fields = {
        compare = {},
      },
    },
    checklist = {},
    compose = {
      fields = {
        config = {},
        down = {},
        images = {},
        ps = {},
        pull = {},
        restart = {},
        run = {},
        up = {},
      },
    },
    confirm = {},
    duration = {
      fields = {
        format = {},
        parse = {},
      },
    },
    effect = {
      fields = {
        define = {},
        perform = {},
      },
    },
    errors = {
      fields = {
        raise = {},
        try = {},
      },
    },
    fs = {
      fields = {
        digest = {},
        exists = {},
        list = {},
        mkdir = {},
        read = {},
        remove = {},
        stat = {},
        write = {},
      },
    },
    gate = {},
    git = {
      fields = {
        checkout = {},
        commit = {},
        file = {},
        head = {},
        log = {},
        push = {},
        remote = {},
        revert = {},
        status = {},
        tag = {},
      },
    },
    github = {
      fields = {
        checks = {},
        comment = {},
        issue = {},
      },
    },
    grafana = {
      fields = {
        annotate = {},
        link = {},
      },
    },
    guard = {},
    helm = {
      fields = {
        current = {},
        history = {},
        manifest = {},
        notes = {},
        previous_good = {},
        repair = {},
        rollback = {},
        rollout = {},
        status = {},
        template = {},
        uninstall = {},
        upgrade = {},
        values = {},
        version = {},
      },
    },
    http = {
      fields = {
        delete = {},
        get = {},
        head = {},
        patch = {},
        post = {},
        put = {},
        request = {},
        rpc = {},
        url = {},
      },
    },
    json = {
      fields = {
        null = {},
        array = {},
        decode = {},
        encode = {},
        is_array = {},
      },
    },
    k8s = {
      fields = {
        info = {},
        get = {},
        find = {},
        list = {},
        pods = {},
        events = {},
        images = {},
        top = {},
        logs = {},
        follow_logs = {},
        exec_read = {},
        rollout = {},
        wait = {},
        has_condition = {},
        watch = {},
        apply = {},
        diff = {},
        create = {},
        patch = {},
        scale = {},
        restart = {},
        delete = {},
        evict = {},
        cordon = {},
        uncordon = {},
        drain = {},
        wipe_claims = {},
        undo = {},
        history = {},
        exec = {},
        quantity = {},
      },
    },
    kustomize = {
      fields = {
        apply = {},
        build = {},
      },
    },
    loki = {
      fields = {
        count = {},
        query = {},
        query_range = {},
      },
    },
    note = {},
    notify = {
      fields = {
        send = {},
      },
    },
    parallel = {},
    param = {
      fields = {
        string = {},
        integer = {},
        number = {},
        boolean = {},
        duration = {},
        enum = {},
        list = {},
        map = {},
        secret = {},
      },
    },
    prom = {
      fields = {
        query = {},
        range = {},
        value = {},
      },
    },
    registry = {
      fields = {
        manifest = {},
        tags = {},
        verify = {},
      },
    },
    runbook = {
      fields = {
        call = {},
      },
    },
    sh = {
      fields = {
        bash = {},
        quote = {},
        read = {},
        run = {},
        which = {},
      },
    },
    sleep = {},
    step = {},
    timestamp = {
      fields = {
        format = {},
        parse = {},
      },
    },
    vars = {
      fields = {
        read = {},
        places = {},
      },
    },
    yaml = {
      fields = {
        decode = {},
        decode_all = {},
        encode = {},
        lines = {},
      },
    },
  },
}
